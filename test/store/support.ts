import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { openStore, type Store } from '../../lib/store/store.js';

/** A directory of this test, removed at its end. */
export function temporaryFolder(t: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vayu-store-'));
  t.after(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A store in a file of its own, closed at the test's end. */
export function fileStore(t: TestContext): { store: Store; file: string } {
  const file = path.join(temporaryFolder(t), 'vayu.db');
  const store = openStore({ file });
  t.after(() => {
    store.close();
  });
  return { store, file };
}
