/** An answer of the API that is an error, or no answer at all. */
export class VayuApiError extends Error {
  override readonly name = 'VayuApiError';

  constructor(
    /** As the API names it, or `unreachable` where nothing answered, or `bad_response` where something else did. */
    readonly code: string,
    message: string,
    /** The HTTP status; 0 where nothing answered. */
    readonly status: number,
    readonly details: Record<string, unknown> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
