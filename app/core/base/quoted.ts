/** Portable. */

/** Characters that a terminal or a window obeys or hides, and line ends that JSON does not escape. */
const troublesome = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function escaped(text: string): string {
  return text.replaceAll(troublesome, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A foreign name in a message: in quotation marks, with invisible characters escaped. */
export function quoted(name: string): string {
  return escaped(JSON.stringify(name));
}

/** One line of JSON, for every reader's idea of a line end. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replaceAll(/[\u0085\u2028\u2029]/g, escaped)}\n`;
}
