/**
 * ESLint rule: a text that a person reads is inside `msg()`.
 *
 * It looks at the texts and the spoken attributes of `html` and `svg` templates, and at string literals that read like a
 * word or sentence of the page.
 */

const SPOKEN_ATTRIBUTES =
  /(?:^|\s)(?:aria-label|aria-description|aria-roledescription|aria-valuetext|alt|label|placeholder|title|action)\s*=\s*"([^"]*)"/g;
const WORD = /\p{L}{2,}/u;
/** Texts that are the same in every language. */
const NAMES =
  /^(?:Segue|MIDI|WAV|FLAC|OGG|Opus|MP3|ZIP|SoundFont|BPM|QR|English|Deutsch|Space|Home|Shift|[A-Z]|[ivx]+)$/i;
const SENTENCE = /^\p{Lu}\p{L}*(?:[ ,:’']+\p{L}|…$|\.$)/u;
/** Names that programs read: keys of a keyboard, headers, names of errors. */
const NOT_READ = /^[A-Z][a-zA-Z]+(?:-[A-Z][a-z]+)*$/;

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: { type: 'problem', schema: [], messages: { raw: 'Put this text into msg(): {{ text }}' } },
  create(context) {
    const report = (node, text) => {
      const shown = text.replace(/\s+/g, ' ').trim();
      if (shown !== '') context.report({ node, messageId: 'raw', data: { text: shown } });
    };
    return {
      TaggedTemplateExpression(node) {
        if (!['html', 'svg'].includes(node.tag.name) || isInside(node, isMessage)) return;
        for (const text of readTexts(node.quasi.quasis.map((quasi) => quasi.value.raw))) {
          if (isRead(text)) report(node, text);
        }
      },
      Literal(node) {
        if (typeof node.value === 'string' && isRawLiteral(node, node.value)) report(node, node.value);
      },
      TemplateLiteral(node) {
        if (node.parent.type === 'TaggedTemplateExpression') return;
        const text = node.quasis.map((quasi) => quasi.value.raw).join('0');
        if (isRawLiteral(node, text)) report(node, text);
      },
    };
  },
};

/** Reads what a template shows and says. A value in it is written as NUL, which is not a letter. */
function readTexts(parts) {
  const source = parts.join('\0').replace(/<!--[\s\S]*?-->/g, '');
  const spoken = [...source.matchAll(/<[a-z][^<>]*>/gi)].flatMap(([tag]) =>
    [...tag.replace(/=>/g, '').matchAll(SPOKEN_ATTRIBUTES)].map((match) => match[1]),
  );
  const shown = source
    .replace(/<(style|svg|pre|code)\b[\s\S]*?<\/\1>/gi, ' ')
    .split(/<\/?[a-z](?:"[^"]*"|'[^']*'|[^>"'])*>/gi);
  return [...spoken, ...shown];
}

function isRead(text) {
  return text.split(/[\0\s]+/).some((word) => WORD.test(word) && !NAMES.test(word.replace(/[^\p{L}\d]/gu, '')));
}

function isRawLiteral(node, text) {
  if (!isRead(text) || isInside(node, isMessage) || isInside(node, isNotShown)) return false;
  if (SENTENCE.test(text)) return true;
  return isShownInTemplate(node) && /^\p{Lu}/u.test(text) && NOT_READ.test(text) && !NAMES.test(text);
}

function isMessage(node) {
  return node.type === 'CallExpression' && node.callee.name === 'msg';
}

/** Errors for programmers, types, styles, modules. */
function isNotShown(node) {
  if (node.type === 'NewExpression') return /Error$|Exception$/.test(node.callee.name ?? '');
  if (node.type === 'TaggedTemplateExpression') return node.tag.name === 'css';
  return /^(?:ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration|TS.*Type.*|ImportExpression)$/.test(
    node.type,
  )
    ? node.type !== 'ExportNamedDeclaration' || node.source !== null
    : false;
}

function isShownInTemplate(node) {
  return isInside(node, (parent) => parent.type === 'TaggedTemplateExpression' && parent.tag.name === 'html');
}

function isInside(node, matches) {
  for (let parent = node.parent; parent; parent = parent.parent) if (matches(parent)) return true;
  return false;
}
