import { uuidv7 } from 'uuidv7';

export type IdPrefix = 'col' | 'req' | 'env' | 'run';

/** A new id such as `run_018f…`: later ids sort after earlier ones. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${uuidv7()}`;
}
