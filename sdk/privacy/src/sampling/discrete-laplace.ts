import { type Rational, rational } from '../rational.ts'
import { bernoulliExp, bernoulliExpOne } from './bernoulli.ts'
import { operatingSystemRandomness, type RandomSource } from './random-source.ts'
import { fairCoin, uniformBelow } from './uniform.ts'

/**
 * Draws integers x with probability proportional to exp(-|x| / scale) exactly: Canonne, Kamath, Steinke 2020, algorithm 2.
 * Added to an integer query of sensitivity Δ, noise of scale Δ/ε gives ε-differential privacy.
 * @param random for tests; noise comes from the operating system's randomness
 * @throws RangeError if `scale` is not positive
 */
export function discreteLaplaceSampler(scale: Rational, random: RandomSource = operatingSystemRandomness): () => bigint {
  const { numerator: t, denominator: s } = rational(scale.numerator, scale.denominator)
  if (t <= 0n) throw new RangeError('the scale of noise is positive')
  return () => {
    for (;;) {
      // u + t·v is geometric: each integer exp(-1/t) times as likely as the one before. Its quotient by s has exp(-s/t).
      const u = uniformBelow(t, random)
      if (!bernoulliExp({ numerator: u, denominator: t }, random)) continue
      let v = 0n
      while (bernoulliExpOne(random)) v += 1n
      const magnitude = (u + t * v) / s
      const negative = fairCoin(random)
      // 0 has one sign, or it would come twice as often.
      if (negative && magnitude === 0n) continue
      return negative ? -magnitude : magnitude
    }
  }
}
