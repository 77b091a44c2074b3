/** Functions of which a JavaScript engine may choose the last bits, by additions and multiplications: the same bits on every one. */

/**
 * cos(pi * x), for 0 <= x <= 1, within 1e-15. Exact at 0, 1/2 and 1.
 * Source: the Taylor series of sine and cosine, on [0, pi / 4].
 */
export function cosinePi(x: number): number {
  if (x > 0.5) return -cosinePi(1 - x);
  const isNearZero = x <= 0.25;
  const angle = Math.PI * (isNearZero ? x : 0.5 - x);
  let sum = 0;
  let term = isNearZero ? 1 : angle;
  for (let n = isNearZero ? 1 : 2; n < 24; n += 2) {
    sum += term;
    term *= -(angle * angle) / (n * (n + 1));
  }
  return sum;
}

/** base ^ exponent, for base >= 0 and exponent >= 0, within a relative error of 1e-13. */
export function power(base: number, exponent: number): number {
  const whole = Math.floor(exponent);
  const fraction = exponent - whole;
  const part = fraction === 0 ? 1 : base === 0 ? 0 : exponential(fraction * logarithm(base));
  return part * wholePower(base, whole);
}

function wholePower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** ln x = k ln 2 + 2 artanh((m - 1) / (m + 1)), where x = m * 2^k and m is about 1. */
function logarithm(x: number): number {
  let mantissa = x;
  let exponent = 0;
  for (; mantissa > Math.SQRT2; exponent++) mantissa /= 2;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  const ratio = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  let term = ratio;
  for (let n = 1; n < 28; n += 2) {
    sum += term / n;
    term *= ratio * ratio;
  }
  return exponent * Math.LN2 + 2 * sum;
}

/** e^x = (e^(x / 2^k))^(2^k), where x / 2^k is small. */
function exponential(x: number): number {
  let small = x;
  let halvings = 0;
  for (; Math.abs(small) > 0.5; halvings++) small /= 2;
  let sum = 0;
  let term = 1;
  for (let n = 1; n < 20; n++) {
    sum += term;
    term *= small / n;
  }
  return wholePower(sum, 2 ** halvings);
}
