/**
 * What a terminal does not show but obeys (C0, DEL, C1), what changes the order of the text around it (marks of
 * direction), what ends a line elsewhere, and halves of characters.
 */
export const unprintable = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}]/gu;

/** One line of text that may hold names and messages of other people, safe for a terminal. In JSON it means the same. */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => {
    const short = JSON.stringify(character).slice(1, -1);
    return short === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : short;
  });
