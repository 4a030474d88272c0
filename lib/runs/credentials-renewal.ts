import type { CredentialsRenewal } from '../engine/request-auth.js';
import type { LoadRun } from '../engine/types.js';

const maxTimerMs = 2 ** 31 - 1;
/** A renewal that failed is tried again after this. */
const retryMs = 5000;

/** Gives a load run new credentials whenever those it has are about to end. Returns what ends that. */
export function keepCredentialsFresh(
  load: LoadRun,
  renewal: CredentialsRenewal,
  onFailure: (message: string) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const schedule = (renewAt: number): void => {
    if (ended) return;
    timer = setTimeout(renew, Math.min(Math.max(renewAt - Date.now(), 0), maxTimerMs));
    timer.unref();
  };
  const renew = (): void => {
    renewal.renew().then(
      (next) => {
        if (ended) return;
        load.renew(next.credentials);
        schedule(next.renewAt);
      },
      (error: unknown) => {
        if (ended) return;
        onFailure(
          `Credentials could not be renewed: ${error instanceof Error ? error.message : String(error)}`,
        );
        schedule(Date.now() + retryMs);
      },
    );
  };
  schedule(renewal.renewAt);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
