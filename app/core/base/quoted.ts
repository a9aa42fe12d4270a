/** Portable. */

/** Characters that a terminal or a window obeys or hides, and line ends that JSON leaves as they are. */
const troublesome = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function escaped(text: string): string {
  return text.replaceAll(troublesome, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A name of somebody else in a message: in quotation marks, with nothing in it that is not seen. */
export function quoted(name: string): string {
  return escaped(JSON.stringify(name));
}

/** One line of JSON, whatever a reader takes for the end of a line. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replaceAll(/[\u0085\u2028\u2029]/g, escaped)}\n`;
}
