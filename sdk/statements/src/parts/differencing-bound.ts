/** Cells of a dataset are compared with earlier ones by sketches, which grow with the minimum group size: the largest of it. */
export const largestMinimumWithDifferencing = 320
