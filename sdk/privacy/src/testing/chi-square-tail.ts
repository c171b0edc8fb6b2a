const tiny = 1e-300

/**
 * The probability that a chi-square variable is at least `value`: the regularised upper incomplete gamma function
 * Q(degrees/2, value/2), by its series or its continued fraction (Lentz), whichever converges; to about 10 digits.
 */
export function chiSquareTail(value: number, degrees: number): number {
  const [a, x] = [degrees / 2, value / 2]
  if (x <= 0) return 1
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x)
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; term > sum * 1e-16; n += 1) {
    term *= x / (a + n)
    sum += term
  }
  return sum
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let i = 1; i < 100_000; i += 1) {
    const numerator = -i * (i - a)
    b += 2
    d = 1 / (numerator * d + b || tiny)
    c = b + numerator / c || tiny
    fraction *= c * d
    if (Math.abs(c * d - 1) < 1e-14) return fraction
  }
  throw new Error('the continued fraction does not converge')
}

/** ln Γ(x) for x > 0, by Stirling's series, which needs a large argument; Γ(x) = Γ(x + 1) / x leads there. */
function logGamma(x: number): number {
  let [shifted, product] = [x, 1]
  while (shifted < 10) {
    product *= shifted
    shifted += 1
  }
  const inverse = 1 / shifted
  const series = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 * (1 / 1260 - inverse ** 2 / 1680)))
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product)
}
