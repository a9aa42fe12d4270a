/**
 * Whether a vector picture is a picture and nothing else. Only what is on the lists may be in it: no script, handler,
 * style sheet, animation, embedded page or picture, entity, and no link but to a part of itself. Pure.
 */

const elements = new Set(
  (
    'svg g defs title desc path rect circle ellipse line polyline polygon text tspan linearGradient radialGradient stop ' +
    'clipPath mask pattern use symbol marker filter feBlend feColorMatrix feComposite feFlood feGaussianBlur feMerge ' +
    'feMergeNode feOffset feTurbulence'
  ).split(' '),
);
/** Elements one in another or side by side; a picture with more is work to show. */
const maxElements = 20_000;

const opening = /^<([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>/;
const attribute = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const closing = /^<\/([A-Za-z][A-Za-z0-9]*)\s*>/;
const comment = /^<!--(?:(?!--)[^])*-->/;
const declaration = /^\uFEFF?\s*<\?xml(?:\s[^?<>]*)?\?>/;
/** References may spell any text, so only those that XML itself brings are allowed. */
const reference = /&(?!(?:amp|lt|gt|quot|apos);)/;

/** Why it is not taken, in words; undefined when it is a mere picture. */
export function whyActiveSvg(text: string): string | undefined {
  let rest = text.replace(declaration, '').replace(/^\uFEFF/, '');
  let count = 0;
  while (rest !== '') {
    const open = rest.indexOf('<');
    const words = open < 0 ? rest : rest.slice(0, open);
    if (reference.test(words)) return 'contains an entity';
    if (open < 0) return undefined;
    rest = rest.slice(open);
    const tag = opening.exec(rest);
    const other = tag ? undefined : (closing.exec(rest) ?? comment.exec(rest));
    if (!tag && !other) return 'is not plain SVG';
    if (tag) {
      count += 1;
      if (count > maxElements) return `has over ${maxElements} elements`;
      const reason = whyActiveElement(tag[1] ?? '', tag[2] ?? '');
      if (reason !== undefined) return reason;
    }
    rest = rest.slice((tag ?? other)?.[0].length);
  }
  return undefined;
}

function whyActiveElement(name: string, attributes: string): string | undefined {
  if (!elements.has(name)) return `contains <${name}>, which is no part of a mere picture`;
  for (const [, key = '', double, single] of attributes.matchAll(attribute)) {
    const value = double ?? single ?? '';
    if (reference.test(value)) return 'contains an entity';
    if (key.toLowerCase().startsWith('on')) return `contains a script (${key})`;
    if (key === 'xmlns' || key.startsWith('xmlns:')) continue;
    if (/(?:^|:)href$/i.test(key) && !value.trim().startsWith('#')) return 'contains a link to elsewhere';
    if (/url\(\s*(?!["']?\s*#)/i.test(value) || /(?:javascript|data|https?):|\\|@import|expression/i.test(value))
      return 'contains a link to elsewhere';
  }
  return undefined;
}
