/** A long series in a short one whose line looks the same: the least and the greatest value of each of some ranges. */

export interface Decimation {
  /** @param x not less than the one before */
  add(x: number, y: number): void;
  points(): Points;
}

export interface Points {
  readonly x: number[];
  /** null: not finite. */
  readonly y: (number | null)[];
  /** How many were added. */
  readonly count: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Bucket {
  /** Which range of x. */
  index: number;
  least?: Point;
  greatest?: Point;
  gap?: number;
}

/**
 * Keeps memory for `buckets` ranges, however much is added: when these are full, they become twice as wide.
 * @param buckets 2 or more
 */
export function createDecimation(buckets: number): Decimation {
  let width = 1;
  let kept: Bucket[] = [];
  let count = 0;
  const widen = () => {
    width *= 2;
    kept = kept.reduce<Bucket[]>((wider, bucket) => {
      const index = Math.floor(bucket.index / 2);
      const last = wider.at(-1);
      if (last?.index === index) merge(last, bucket);
      else wider.push({ ...bucket, index });
      return wider;
    }, []);
  };
  return {
    add(x, y) {
      count++;
      const index = Math.floor(x / width);
      let last = kept.at(-1);
      if (last?.index !== index) {
        last = { index };
        kept.push(last);
      }
      merge(last, Number.isFinite(y) ? { least: { x, y }, greatest: { x, y } } : { gap: x });
      while (kept.length > buckets) widen();
    },
    points() {
      const points = kept.flatMap(pointsOf);
      return { x: points.map(([x]) => x), y: points.map(([, y]) => y), count };
    },
  };
}

/** Of equal values the first stays. */
function merge(into: Bucket, other: Omit<Bucket, 'index'>): void {
  const { least, greatest, gap } = other;
  if (least !== undefined && (into.least === undefined || least.y < into.least.y)) into.least = least;
  if (greatest !== undefined && (into.greatest === undefined || greatest.y > into.greatest.y))
    into.greatest = greatest;
  if (gap !== undefined) into.gap ??= gap;
}

function pointsOf({ least, greatest, gap }: Bucket): (readonly [number, number | null])[] {
  const points: (readonly [number, number | null])[] = [];
  if (least !== undefined) points.push([least.x, least.y]);
  if (greatest !== undefined && greatest.x !== least?.x) points.push([greatest.x, greatest.y]);
  if (gap !== undefined) points.push([gap, null]);
  return points.sort(([a], [b]) => a - b);
}
