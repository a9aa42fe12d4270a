/** A cover for a game without a picture: colours from its title, the same on every PC. Pure. */

interface CoverArt {
  /** CSS colours: the light, and the two ends of the ground. */
  readonly glow: string;
  readonly from: string;
  readonly to: string;
  /** Where the light stands, in percent. */
  readonly x: number;
  readonly y: number;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value ^= text.charCodeAt(index);
    value = Math.imul(value, 0x01000193);
  }
  return value >>> 0;
}

export function coverArt(title: string): CoverArt {
  const seed = hash(title.trim().toLowerCase());
  const hue = seed % 360;
  // The light's hue stands well apart from the ground's, to either side.
  const apart = 70 + ((seed >>> 9) % 80);
  const glowHue = (hue + ((seed >>> 17) & 1 ? apart : 360 - apart)) % 360;
  return {
    glow: `hsl(${glowHue} 70% 62%)`,
    from: `hsl(${hue} 58% 34%)`,
    to: `hsl(${(hue + 40) % 360} 62% 15%)`,
    x: 15 + ((seed >>> 4) % 70),
    y: 4 + ((seed >>> 12) % 24),
  };
}

/** Up to three letters or digits that stand for a title: `HL2`, `CS`, `Q`. */
export function initialsOf(title: string): string {
  const words = title.match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => !/^(?:the|of|and|a|an|der|die|das|und)$/i.test(word));
  return (
    (telling.length > 0 ? telling : words)
      // Skips years: the number of a sequel says more.
      .filter((word, index) => index === 0 || !/^\p{N}{2,}$/u.test(word))
      .slice(0, 3)
      .map((word) => (/^\p{N}/u.test(word) ? word : (Array.from(word)[0] ?? '').toUpperCase()))
      .join('')
  );
}
