/** Web platform names. */

import { atob, btoa } from './base64.js';
import { Blob, File } from './blob.js';
import { structuredClone } from './clone.js';
import { crypto } from './crypto.js';
import { AbortController, AbortSignal, Event, EventTarget } from './events.js';
import { Intl } from './intl.js';
import { TextDecoder, TextEncoder } from './text-encoding.js';
import { URL, URLSearchParams } from './url.js';

export const webGlobals: Record<string, unknown> = {
  AbortController,
  AbortSignal,
  Blob,
  Event,
  EventTarget,
  File,
  Intl,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  atob,
  btoa,
  crypto,
  structuredClone,
};
