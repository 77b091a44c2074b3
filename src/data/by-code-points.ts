/** The order of strings by their code points: the same on every machine, whatever its language. */
export const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
