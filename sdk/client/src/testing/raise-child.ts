import { openFloorsFile } from '../floors-file.ts'

// One of several programs that raise the same floor at the same time.
const [, , file = '', series = '', ...numbers] = process.argv
const floors = openFloorsFile(file)
for (const number of numbers) await floors.raise({ [series]: number })
