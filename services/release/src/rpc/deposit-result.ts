import { ReinraumError } from '@reinraum/crypto'
import type { DepositHeader, DepositResultRequest, ResultIntakeService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import type { Release } from '../release.ts'
import { verifyDeposit } from '../verify-deposit.ts'

export function depositResult({ intake, limits, now }: Release): Handlers<typeof ResultIntakeService>['depositResult'] {
  return async (requests) => {
    const messages = requests[Symbol.asyncIterator]()
    const header = headerOf(await messages.next())
    return (await intake.standing(header.runId)) ?? intake.take(await verifyDeposit(header, limits, now()), dataOf(messages))
  }
}

function headerOf(first: IteratorResult<DepositResultRequest>): DepositHeader {
  if (first.done === true || first.value.message.case !== 'header') {
    throw new ReinraumError('invalid-argument', 'the first message is the header')
  }
  return first.value.message.value
}

async function* dataOf(messages: AsyncIterator<DepositResultRequest>): AsyncGenerator<Uint8Array> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const { message } = next.value
    if (message.case !== 'data') throw new ReinraumError('invalid-argument', 'only the first message is a header')
    yield message.value
  }
}
