// Chooses a language and fills in sentences.
import { en, type Text } from './en.ts';
import { errorsZh } from './errors.zh.ts';
import { zh } from './zh.ts';

export type { Text, TextKey } from './en.ts';
export type Language = 'en' | 'zh';

const texts: Readonly<Record<Language, Text>> = { en, zh };

/** The language for a wish such as `zh-CN`; English for all that is not there. */
export const languageFor = (wish: string): Language => (/^zh\b/i.test(wish) ? 'zh' : 'en');

/** All sentences of a language. */
export const textOf = (language: Language): Text => texts[language];

/** Puts values into the places `{name}` of a sentence. */
export const fill = (sentence: string, values: Readonly<Record<string, string | number>>): string =>
  sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));

/** A sentence whose key is made at run time, or the fall-back. */
export const maybe = (text: Text, key: string, fallback: string): string =>
  (text as Readonly<Record<string, string>>)[key] ?? fallback;

/** What errors say, by code, where this language has its own words. */
export interface ErrorText {
  cause: string;
  hint: string;
}

/** The words for a failure: those of the language by its code, else the English ones that came with it. */
export const errorText = (language: Language, failure: ErrorText & { code: string }): ErrorText =>
  (language === 'zh' ? errorsZh[failure.code] : undefined) ?? failure;
