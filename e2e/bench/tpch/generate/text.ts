import { between, draw, oneOf, type Scale } from './draw.ts'
import { adjectives, adverbs, nouns, places, verbs } from './words.ts'

// Comments are cut out of sentences of a small grammar, as the specification's are (§4.2.2.10): words cut through at either end.

const sentencesOfEach = 6
/** characters of the longest comment, and those that a cut may begin at */
const longest = 198
const starts = 60

/** So many that a compressor finds few of them again nearby. */
function passagesAt({ factor }: Scale): number {
  return Math.max(1024, Math.min(32_768, Math.round(32_768 * factor)))
}

/** The table `passages(id, passage)`, each longer than any comment and the characters that may be left out before it. */
export function passagesSql(scale: Scale): string {
  const word = (field: string, from: readonly string[]) => oneOf(scale, `text ${field}`, 'sentence', from)
  const sentence = `${word('subject', adjectives)} || ' ' || ${word('noun', nouns)} || ' ' || ${word('verb', verbs)} || ' ' ||
    ${word('adverb', adverbs)} || ' ' || ${word('place', places)} || ' the ' || ${word('which', adjectives)} || ' ' ||
    ${word('object', nouns)} || ${oneOf(scale, 'text end', 'sentence', ['. ', '. ', '. ', ', and ', '; ', '! '])}`
  return `CREATE TABLE passages AS SELECT sentence // ${sentencesOfEach} AS id, string_agg(${sentence}, '' ORDER BY sentence) AS passage
    FROM range(${passagesAt(scale) * sentencesOfEach}) t(sentence) GROUP BY id ORDER BY id`
}

/** Characters: what has to hold of every passage. */
export const shortestPassage = longest + starts

/** SQL that joins a passage for each row. */
export function joinPassage(scale: Scale, field: string, row: string): string {
  return `JOIN passages ON id = ${draw(scale, `${field} passage`, row, passagesAt(scale))}`
}

/** SQL of a comment of `low` to `high` characters out of the joined passage. */
export function comment(scale: Scale, field: string, row: string, low: number, high: number): string {
  return `substr(passage, 1 + ${draw(scale, `${field} start`, row, starts)}, ${between(scale, `${field} length`, row, low, high)})`
}

/** SQL of 10 to 40 characters without meaning (§4.2.2.7). */
export function address(scale: Scale, field: string, row: string): string {
  const noise = `base64(unhex(sha256('${field} ${scale.seed} ' || ${row})))`
  return `substr(${noise}, 1, ${between(scale, `${field} length`, row, 10, 40)})`
}

/** SQL of a phone number, which begins with ten more than the number of the nation (§4.2.2.9). */
export function phone(scale: Scale, field: string, row: string, nation: string): string {
  const part = (name: string, low: number, high: number) => between(scale, `${field} ${name}`, row, low, high)
  return `(10 + ${nation}) || '-' || ${part('area', 100, 999)} || '-' || ${part('exchange', 100, 999)} || '-' || ${part('line', 1000, 9999)}`
}
