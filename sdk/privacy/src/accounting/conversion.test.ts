import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add, compare, divide, multiply, parseDecimal, type Rational, rational, subtract } from '../rational.ts'
import { epsilonOfRho, rhoOfEpsilon } from './conversion.ts'

const relative = (value: Rational, expected: Rational) => divide(subtract(value, expected), expected)
const negligible = parseDecimal('1e-25')

describe('the conversion agrees with the formula of Canonne, Kamath and Steinke, minimised with 60 digits by mpmath, and errs to the safe side', () => {
  test.each([
    ['2.56', '1e-10', '17.158308712104745970127286092192037'],
    ['0.07', '1e-10', '2.3872751767179739721407919161951547'],
    ['0.000000001', '1e-15', '0.00029413583587342878896912186997979921'],
    ['0.001', '1e-9', '0.24511925387195137881118998588050389'],
    ['0.1', '1e-6', '2.1419389283854736613974865075720209'],
    ['1', '0.005', '4.6932616972899265467586659099331389'],
    ['1000', '1e-15', '1368.9206023256401076609345582638499'],
  ])('ρ = %s is (ε, %s)-DP for ε = %s', (rho, delta, epsilon) => {
    const error = relative(epsilonOfRho(parseDecimal(rho), parseDecimal(delta)), parseDecimal(epsilon))
    expect(compare(error, parseDecimal('-1e-33'))).toBe(1)
    expect(compare(error, negligible)).toBe(-1)
  })

  test.each([
    ['0.000001', '1e-15', '0.000000000000015405089622155203691719311195408228'],
    ['0.001', '5e-10', '0.000000023930676055420916001645779818568119'],
    ['0.1', '5e-10', '0.00016935169690663306513596587425901454'],
    ['1', '5e-10', '0.014407578614645704542310119901895687'],
    ['1', '1e-6', '0.024355970359538372894243245898577437'],
    ['3', '5e-10', '0.11646397678652796960920693919163602'],
    ['10', '1e-15', '0.68725754354753685625581609203266953'],
    ['1000', '0.005', '867.96282628975405626066100394854162'],
  ])('(%s, %s)-DP needs a ρ of at most %s', (epsilon, delta, rho) => {
    const error = relative(rhoOfEpsilon(parseDecimal(epsilon), parseDecimal(delta)), parseDecimal(rho))
    expect(compare(error, parseDecimal('1e-33'))).toBe(-1)
    expect(compare(error, rational(-negligible.numerator, negligible.denominator))).toBe(1)
  })
})

test('a Gaussian of noise multiplier 4.530877117 is (1, 1e-6)-DP, as the tests of Google dp_accounting have it', () => {
  const sigma = parseDecimal('4.530877117')
  const epsilon = epsilonOfRho(divide(rational(1, 2), multiply(sigma, sigma)), parseDecimal('1e-6'))
  expect(compare(subtract(epsilon, rational(1)), parseDecimal('1e-9'))).toBe(-1)
  expect(compare(subtract(epsilon, rational(1)), parseDecimal('-1e-9'))).toBe(1)
})

/** The exact δ of the discrete Gaussian at ε and sensitivity 1: Canonne, Kamath, Steinke 2020, Theorem 7. For tests, in floats. */
function exactDelta(variance: number, epsilon: number): number {
  const weight = (x: number) => Math.exp((-x * x) / (2 * variance))
  const end = Math.ceil(60 * Math.sqrt(variance)) + 60
  const from = (first: number) => {
    let sum = 0
    for (let x = end; x >= first; x -= 1) sum += weight(x)
    return sum
  }
  const above = (y: number) => from(Math.floor(y) + 1) / from(-end)
  return above(epsilon * variance - 0.5) - Math.exp(epsilon) * above(epsilon * variance + 0.5)
}

test.each([
  [0.5, '1e-6'],
  [0.02, '1e-9'],
  [2, '1e-10'],
  [0.125, '0.005'],
])('the discrete Gaussian of ρ = %s has no larger δ than %s at the ε that it is converted to', (rho, delta) => {
  const epsilon = epsilonOfRho(parseDecimal(rho), parseDecimal(delta))
  const exact = exactDelta(1 / (2 * rho), Number(epsilon.numerator) / Number(epsilon.denominator))
  expect(exact).toBeGreaterThan(0)
  expect(exact).toBeLessThanOrEqual(Number(delta))
})

const epsilons = fc.integer({ min: 1, max: 50_000_000 }).map((n) => rational(n, 1_000_000))
const deltas = fc
  .integer({ min: 1, max: 13 })
  .chain((places) => fc.integer({ min: 1, max: 9 }).map((n) => rational(n, 10n ** BigInt(places + 2))))

test('there and back never gains: the ε of the ρ that an ε buys is within that ε', () => {
  fc.assert(
    fc.property(epsilons, deltas, (epsilon, delta) => {
      const rho = rhoOfEpsilon(epsilon, delta)
      // each direction finds its own best α, to some 13 digits
      const back = epsilonOfRho(rho, delta)
      return compare(back, multiply(epsilon, add(rational(1), parseDecimal('1e-20')))) <= 0
    }),
    { numRuns: 60 },
  )
})

test('more ρ is never less ε, more ε never less ρ, and a larger δ never costs more', () => {
  fc.assert(
    fc.property(epsilons, epsilons, deltas, deltas, (x, y, d, e) => {
      const [less, more] = compare(x, y) <= 0 ? [x, y] : [y, x]
      const [smaller, larger] = compare(d, e) <= 0 ? [d, e] : [e, d]
      return (
        compare(epsilonOfRho(less, d), epsilonOfRho(more, d)) <= 0 &&
        compare(rhoOfEpsilon(less, d), rhoOfEpsilon(more, d)) <= 0 &&
        compare(epsilonOfRho(x, larger), epsilonOfRho(x, smaller)) <= 0
      )
    }),
    { numRuns: 40 },
  )
})

test('the simpler bound of Bun and Steinke is never better', () => {
  fc.assert(
    fc.property(epsilons, deltas, (rho, delta) => {
      const r = Number(rho.numerator) / Number(rho.denominator)
      const simple = r + 2 * Math.sqrt(r * Math.log(Number(delta.denominator) / Number(delta.numerator)))
      const ours = epsilonOfRho(rho, delta)
      return Number(ours.numerator) / Number(ours.denominator) < simple
    }),
    { numRuns: 40 },
  )
})

test('no δ, or a whole one, is refused', () => {
  for (const delta of [rational(0), rational(1), rational(-1, 2)]) {
    expect(() => epsilonOfRho(rational(1), delta)).toThrow(RangeError)
    expect(() => rhoOfEpsilon(rational(1), delta)).toThrow(RangeError)
  }
  expect(() => epsilonOfRho(rational(-1), rational(1, 2))).toThrow(RangeError)
})
