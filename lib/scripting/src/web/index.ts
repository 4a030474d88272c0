/** Web platform names. */

import { atob, btoa } from './base64.js';
import { TextDecoder, TextEncoder } from './text-encoding.js';

export const webGlobals: Record<string, unknown> = { atob, btoa, TextDecoder, TextEncoder };
