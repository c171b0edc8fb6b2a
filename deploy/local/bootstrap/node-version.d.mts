export function pickNode(root: string): Promise<string>
export function isNewEnough(version: string, floor?: readonly [number, number]): boolean
