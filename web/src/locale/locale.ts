/**
 * The page's language: chosen by the reader, else the first of the browser's that Segue speaks.
 *
 * Every text is written in English inside `msg()` of `@lit/localize`; `npm run translate` collects them into `de.xlf`
 * and turns its translations into `generated/de.ts`, which is loaded only where it is shown. `msg()` must run while an
 * element renders, not while a module loads: a table of texts holds functions, `{ vae: () => msg('Blend') }`.
 */
import { configureLocalization } from '@lit/localize';

const LOADERS = { de: () => import('./generated/de') };
export type Locale = 'en' | keyof typeof LOADERS;
/** Each language by its own name, in the order of the switch. */
export const LOCALE_NAMES: Readonly<Record<Locale, string>> = { en: 'English', de: 'Deutsch' };

const STORAGE_KEY = 'segue-locale';

const { getLocale, setLocale } = configureLocalization({
  sourceLocale: 'en',
  targetLocales: Object.keys(LOADERS),
  loadLocale: (locale) => LOADERS[locale as keyof typeof LOADERS](),
});

function isLocale(text: string | null | undefined): text is Locale {
  return text === 'en' || (text !== null && text !== undefined && Object.hasOwn(LOADERS, text));
}

/** Returns the language of the texts that are shown now. */
export function currentLocale(): Locale {
  const locale = getLocale();
  return isLocale(locale) ? locale : 'en';
}

/** Returns the language that the reader chose before, else the first of the given ones that Segue speaks. */
export function preferredLocale(saved: string | null, languages: readonly string[]): Locale {
  if (isLocale(saved)) return saved;
  return languages.map((language) => language.toLowerCase().split('-')[0]).find(isLocale) ?? 'en';
}

/** Shows the preferred language. Without its texts, as when the network is away, the page stays English. */
export async function startLocale(): Promise<void> {
  const locale = preferredLocale(localStorage.getItem(STORAGE_KEY), navigator.languages);
  if (locale !== 'en') await applyLocale(locale).catch(() => undefined);
}

/** Shows another language and keeps the choice. */
export async function chooseLocale(locale: Locale): Promise<void> {
  await applyLocale(locale);
  localStorage.setItem(STORAGE_KEY, locale);
}

async function applyLocale(locale: Locale): Promise<void> {
  const previous = currentLocale();
  try {
    await setLocale(locale);
  } catch (error) {
    // Otherwise the same failure would answer every later try.
    await setLocale(previous);
    throw error;
  }
  document.documentElement.lang = locale;
}
