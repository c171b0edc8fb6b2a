/** ln Γ(x) for x > 0, by Stirling's series, which needs a large argument; Γ(x) = Γ(x + 1) / x leads there. About 12 digits. */
export function logGamma(x: number): number {
  let [shifted, product] = [x, 1]
  while (shifted < 10) {
    product *= shifted
    shifted += 1
  }
  const inverse = 1 / shifted
  const series = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 * (1 / 1260 - inverse ** 2 / 1680)))
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product)
}
