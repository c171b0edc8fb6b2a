import type { GuardReason } from './reasons.ts'

/** How to change a query that is refused for a reason: one sentence for whoever wrote it. */
export function fixOf(code: GuardReason): string {
  return fixes[code]
}

const fixes: Readonly<Record<GuardReason, string>> = {
  'syntax-error': 'Correct the text at the place that is shown; it is read as DuckDB reads SQL.',
  'not-one-statement': 'Leave one SELECT statement, and propose any other as a query of its own.',
  'statement-not-allowed': 'Write what you want to know as one SELECT statement; nothing can be changed, set or attached.',
  'construct-not-allowed': 'Write it with plain SELECT, FROM, JOIN, WHERE, GROUP BY, HAVING and ORDER BY, or leave it out.',
  'too-complex': 'Split it into several queries, or take out branches, columns and levels of nesting.',
  'function-not-allowed':
    'Use a function from the list in the documentation of the guard, or ask the owner to add this one to the rule.',
  'table-not-allowed': 'Name a dataset of the contract or a WITH query of your own, without a schema before it.',
  'table-function-not-allowed': 'Read from datasets of the contract only; files, series and the catalogue cannot be read.',
  'star-not-allowed': 'List the columns that you need by their names.',
  'subquery-not-allowed': 'Compute the inner result in a WITH query that aggregates, and join with it by name.',
  'window-not-allowed': 'Aggregate first, and use the window over that result in an outer query.',
  'set-operation-not-allowed': 'Aggregate each side in a query of its own, and unite the results of the same columns.',
  'grouping-sets-not-allowed':
    'Give each grouping set once, over rows of datasets; ask for totals of anything else as a query of their own.',
  'limit-not-allowed': 'Give LIMIT and OFFSET as whole numbers written out, at the end of a query.',
  'column-unknown': 'Use a column that the schema of the dataset declares, spelt as it is there.',
  'column-ambiguous': 'Write the name or alias of its dataset before the column, such as p.region.',
  'duplicate-column': 'Give each column of the result a name of its own with AS.',
  'type-mismatch': 'Compare and compute with values of the same kind, or convert one with CAST.',
  'constant-not-allowed': 'Write the value as a plain number, text, date, or TRUE or FALSE, within the range of its type.',
  'rule-invalid': 'The rule or schema of a dataset is at fault, not the query: ask its owner to correct it.',
  'mode-not-allowed': 'Ask the owner to allow this kind of query, or to approve this one as a template.',
  'noise-not-available':
    'The owner lets results out only with noise: aggregate the rows once, by one grouping, and compute the rest from that result.',
  'privacy-missing': 'State what the query spends: privacy with epsilon and delta, or --epsilon and --delta.',
  'privacy-malformed': 'Write epsilon with at most 6 digits after the point, and delta with at most 15.',
  'privacy-over-maximum': 'Spend less: write at most what the message says.',
  'privacy-too-small': 'Spend more, or ask for fewer aggregates.',
  'domain-missing':
    'Group by columns whose rule declares a domain, or state a delta, which pays for groups that nobody declared.',
  'contribution-unbounded':
    'Ask the owner to add maxRowsPerUnit and maxGroupsPerUnit to the privacyUnit of the rule, or aggregate a subquery that groups by the unit.',
  'join-required': 'Join the dataset with one that its rule names, on the columns that it names.',
  'column-not-allowed':
    'Use another column here, or ask the owner to make this one a dimension; per privacy unit, count(*) can always be grouped.',
  'join-not-allowed':
    'Join where columns that the rules list are equal; two protected datasets on privacy units: INNER, or LEFT JOIN with a subquery that groups by the unit.',
  'filter-not-allowed': 'Compare one column whose rule allows it with a constant or parameter, or leave the condition out.',
  'aggregate-not-allowed':
    'Use an aggregate that the rule of the column lists, over the column itself; ask conditions as count(*) FILTER (WHERE …).',
  'bounds-missing': 'Ask the owner to give the column bounds; until then it can be counted only.',
  'bounds-too-wide': 'Ask the owner for narrower bounds of the column.',
  'privacy-unit-not-allowed': 'Group by something that many have in common; the privacy unit itself can be counted only.',
  'raw-rows': 'Ask for aggregates: add GROUP BY and functions such as count(*), sum or avg.',
  'not-grouped': 'Add the column to GROUP BY, or put an aggregate around it.',
  'group-not-allowed': 'Group by columns, by positions in the SELECT list, or by functions of columns.',
  'nested-aggregation': 'Aggregate the rows in a subquery with names for its columns, and the result in the query around it.',
  'mixed-relations': 'Aggregate the protected dataset in a WITH query first, and join its result.',
  'parameter-undeclared': 'Declare the parameter once, with its type and domain, or take it out of the query.',
  'parameter-unused': 'Use the parameter in the query, or take its declaration out.',
  'parameter-missing': 'Give the parameter a value.',
  'parameter-outside-domain': 'Give a value from the domain that the query declares for the parameter.',
  'binding-failed': 'Make the types on both sides fit, and check the names; the rewritten query is not valid as it is.',
  'plan-not-allowed': 'Write it in a simpler way; the engine would run it with something that nobody has judged.',
}
