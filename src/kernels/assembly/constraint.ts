/**
 * Constraints of the norms of a weight's values, which lie in rows of 16: their squares are summed in float64, and each
 * value is multiplied by (rate * clip(norm, least, most) + (1 - rate) * norm) / (norm + 1e-7). Padding is zero, and stays
 * so. Plain form: src/optimizer/constraint.ts.
 */

const epsilon: f64 = 1e-7;

/**
 * Each lane has a norm of its own, over the rows of a group.
 * @param table [groups, rows] Int32: the rows' offsets in bytes
 */
export function constrainLanes(
  weight: usize,
  table: usize,
  groups: i32,
  rows: i32,
  least: f64,
  most: f64,
  rate: f64,
): void {
  for (let group = 0; group < groups; group++) {
    for (let lane: usize = 0; lane < 64; lane += 8) {
      let squares = f64x2.splat(0);
      for (let row = 0; row < rows; row++) {
        const values = pair(weight + offset(table, row) + lane);
        squares = f64x2.add(squares, f64x2.mul(values, values));
      }
      const factor = factorOf(f64x2.sqrt(squares), least, most, rate);
      for (let row = 0; row < rows; row++) {
        const at = weight + offset(table, row) + lane;
        v128.store_lane<f64>(at, f32x4.demote_f64x2_zero(f64x2.mul(pair(at), factor)), 0);
      }
    }
    table += (<usize>rows) << 2;
  }
}

/** The rows of a group have one norm, over all of their lanes. */
export function constrainRows(
  weight: usize,
  table: usize,
  groups: i32,
  rows: i32,
  least: f64,
  most: f64,
  rate: f64,
): void {
  for (let group = 0; group < groups; group++) {
    let squares = f64x2.splat(0);
    for (let row = 0; row < rows; row++) {
      const at = weight + offset(table, row);
      for (let lane: usize = 0; lane < 64; lane += 8) {
        const values = pair(at + lane);
        squares = f64x2.add(squares, f64x2.mul(values, values));
      }
    }
    const sum = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
    const factor = factorOf(f64x2.splat(Math.sqrt(sum)), least, most, rate);
    for (let row = 0; row < rows; row++) {
      const at = weight + offset(table, row);
      for (let lane: usize = 0; lane < 64; lane += 8) {
        v128.store_lane<f64>(at + lane, f32x4.demote_f64x2_zero(f64x2.mul(pair(at + lane), factor)), 0);
      }
    }
    table += (<usize>rows) << 2;
  }
}

@inline
function offset(table: usize, row: i32): usize {
  return <usize>load<i32>(table + ((<usize>row) << 2));
}

@inline
function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

@inline
function factorOf(norm: v128, least: f64, most: f64, rate: f64): v128 {
  const within = f64x2.min(f64x2.max(norm, f64x2.splat(least)), f64x2.splat(most));
  const wanted = f64x2.add(f64x2.mul(within, f64x2.splat(rate)), f64x2.mul(norm, f64x2.splat(1 - rate)));
  return f64x2.div(wanted, f64x2.add(norm, f64x2.splat(epsilon)));
}
