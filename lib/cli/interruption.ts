import { exitCodes } from './exit-codes.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption {
  readonly interrupted: boolean;
  /** From here on signals do what they do by default. */
  end(): void;
}

/** The first signal calls `onFirst`; a second one ends the process at once, after `onSecond`. */
export function watchInterruption(onFirst: () => void, onSecond: () => void): Interruption {
  const state = { interrupted: false };
  const onSignal = (): void => {
    if (!state.interrupted) {
      state.interrupted = true;
      onFirst();
      return;
    }
    onSecond();
    process.exit(exitCodes.interrupted);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    get interrupted() {
      return state.interrupted;
    },
    end() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
