import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/**
 * How many runs an approval has paid for, kept beside its debits by SQLite itself, whoever writes them: an approval may allow a
 * million runs, and each release asks for the number.
 */
export const countedRuns: Migration = {
  name: 'keys-counted-runs',
  async up(db) {
    for (const statement of [
      `create table approval_runs (approval_id text primary key, runs integer not null check (runs >= 0)) strict, without rowid`,
      `insert into approval_runs (approval_id, runs) select approval_id, count(*) from debits group by approval_id`,
      `create trigger debits_counted after insert on debits begin
         insert into approval_runs (approval_id, runs) values (new.approval_id, 1)
           on conflict (approval_id) do update set runs = runs + 1;
       end`,
      `create trigger debits_uncounted after delete on debits begin
         update approval_runs set runs = runs - 1 where approval_id = old.approval_id;
       end`,
      `create trigger debits_stay before update on debits begin
         select raise(abort, 'a debit does not change');
       end`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
