/** A text, or one for each plural form that English and German have; `count` chooses. `{name}` is replaced. */
export type Message = string | { readonly one: string; readonly other: string };
export type Language = 'en' | 'de';

/** The texts of one part of the launcher in every language: a key missing in one is a type error. */
export function define<const Key extends string>(
  texts: Record<Language, Record<Key, Message>>,
): Record<Language, Record<Key, Message>> {
  return texts;
}
