/**
 * Cosine and sine of an angle of at most pi, by additions and multiplications alone: those of Math may have other last
 * bits in another JavaScript engine. Within 1e-14 of them.
 */
export function turnBy(angle: number): readonly [cos: number, sin: number] {
  const x = angle / 8;
  const square = x * x;
  // Taylor's series, where it is exact after few terms; then the angle is doubled three times.
  let sin =
    x *
    (1 - (square / 6) * (1 - (square / 20) * (1 - (square / 42) * (1 - (square / 72) * (1 - square / 110)))));
  let cos =
    1 -
    (square / 2) *
      (1 -
        (square / 12) * (1 - (square / 30) * (1 - (square / 56) * (1 - (square / 90) * (1 - square / 132)))));
  for (let doubled = 0; doubled < 3; doubled++) [cos, sin] = [1 - 2 * sin * sin, 2 * sin * cos];
  return [cos, sin];
}
