"""Find the encoding of names that the detection does not know: how many are read as they were written.

    python tests/bench/text_encodings.py

One, two or four names of a language are a file's texts. Names of one are taken in turn, others are drawn.
"""

from __future__ import annotations

import random

from score.texts import decode_text, detect_encoding

NAMES = {
    "ja": (
        "春の海|さくらさくら|荒城の月|ふるさと|赤とんぼ|夕焼け小焼け|運命|第九|ラ・カンパネラ|"
        "エリーゼのために|トロンボーン|マリンバ|ハープ|アコーディオン|ティンパニ|チューバ|パッド|ハーモニカ|"
        "カウベル|三味線|尺八|琴|太鼓|無題|トラック|新規|右手パート|第1ヴァイオリン|ソプラノ|アルト|テノール|"
        "バス|歌|カラオケ|ﾄﾗﾝﾍﾟｯﾄ|ｻｯｸｽ|ﾊｰﾌﾟ|ﾊﾟｰｶｯｼｮﾝ|ｼﾝｾ|ﾘｰﾄﾞ|主メロ|イントロ|サビ|間奏|作曲者不明|雨上がり"
    ),
    "ru": (
        "Калинка Катюша Подмосковные вечера|Очи чёрные|Вечерний звон|Арфа|Тарелки|Литавры|Ксилофон|Колокола|"
        "Контрабас|Фагот|Тенор|Сопрано|Куплет|Припев|Вступление|Лебединое озеро|Синтезатор|Домра|ВИОЛОНЧЕЛИ|"
        "СОЛО ГИТАРА|Перкуссия|Бубен|Дорога|Весна|Времена года|Неизвестный автор|Новая дорожка|Ритм-гитара|"
        "Проигрыш|Туба|Гусли|Рожок|Губная гармошка|Миллион алых роз|Полёт шмеля|ПАРТИЯ 1|Тромбоны|Кл-т|"
        "Пикколо"
    ),
    "zh": (
        "茉莉花|月亮代表我的心|高山流水|梁祝|彩云追月|第一小提琴|中提琴|单簧管|双簧管|小号|长号|圆号|定音鼓|"
        "扬琴|竖琴|打击乐|女高音|男低音|前奏|间奏|尾声|未命名|轨道一|我的祖国|春节序曲|电子琴|手风琴|架子鼓|"
        "合唱|独奏|歌词|电吉他|木琴|萨克斯|大号|童年|朋友|东方红"
    ),
    "tw": (
        "茉莉花|月亮代表我的心|望春風|雨夜花|第一小提琴|中提琴|單簧管|雙簧管|小號|長號|法國號|定音鼓|揚琴|"
        "豎琴|打擊樂|女高音|男低音|前奏|間奏|尾聲|未命名|我的家鄉|電子琴|手風琴|爵士鼓|合唱|獨奏|歌詞|電吉他|"
        "木琴|薩克斯風|低音號|童年|朋友|海闊天空"
    ),
    "ko": (
        "아리랑|고향의봄|애국가|트럼펫|트롬본|색소폰|클라리넷|오보에|호른|하프|실로폰|팀파니|소프라노|알토|"
        "테너|합창|전주|간주|후렴|제목없음|트랙|가야금|거문고|해금|장구|꽹과리|일렉기타|신디사이저|패드|리듬|"
        "솔로|현악|관악|타악기|콘트라베이스|비올라|아코디언|섬집아기|나비야"
    ),
    "de": (
        "Trommelwirbel für Anfänger|Glöckchen|Hörner|Bässe|Streicher hoch/tief ä|"
        "Der Mond ist aufgegangen – Lübeck|Süßer die Glocken|Müllerin|Grüße|Märchen|Übung|Posaunenchöre|"
        "Präludium|Älplermagen|© 1998 Müller|Baßklarinette"
    ),
    "fr": (
        "Prélude|Hautbois d’amour|Clair de lune à Paris|Été|Forêt|Naïveté|Cœur|Garçon|Contralto à l'octave|"
        "Français|Élégie|Thème principal|Piste numéro 1|Ténor|Batterie légère|Chœurs"
    ),
    "es": (
        "Canción|Batería|Piñata|Violín|Acordeón|¿Quién?|Corazón|Saxofón|Españolada|Niño|Trompeta sorda nº 1|"
        "Clarinete pequeño|Introducción|Última|Clavicémbalo|Tambor pequeño"
    ),
}
SETS = (
    ("ja", "shift_jis"),
    ("ja", "euc_jp"),
    ("ru", "cp1251"),
    ("ru", "koi8_r"),
    ("ru", "cp866"),
    ("zh", "gbk"),
    ("tw", "big5"),
    ("ko", "euc_kr"),
    ("de", "cp1252"),
    ("fr", "cp1252"),
    ("es", "cp1252"),
)
N_DRAWS = 40


def files(names: list[str], n_names: int, rng: random.Random) -> list[list[str]]:
    """Return the names of each file.

    Parameters
    ----------
    names : list of str
        All names of the language.
    n_names : int
        How many a file has.
    rng : Random
        Draws them.
    """
    return [[name] for name in names] if n_names == 1 else [rng.sample(names, n_names) for _ in range(N_DRAWS)]


def is_read(names: list[str], encoding: str) -> bool:
    """Return whether all names are read as they were written."""
    payloads = [name.encode(encoding) for name in names]
    found = detect_encoding(payloads)
    return [decode_text(payload, found) for payload in payloads] == names


def main() -> None:
    """Print, for each language and encoding, how many files of one, two and four names are read."""
    rng = random.Random(1)
    for language, encoding in SETS:
        names = NAMES[language].split("|")
        figures = []
        for n_names in (1, 2, 4):
            results = [is_read(each, encoding) for each in files(names, n_names, rng)]
            figures.append(f"{sum(results)} of {len(results)}")
        print(f"{language} {encoding:10} {', '.join(figures)}")


if __name__ == "__main__":
    main()
