/** `pm.sendRequest`, carried by the engine's own transports. */

import { HeaderList, parseHeaderLines } from '../sdk/header-list.js';
import { Request } from '../sdk/request.js';
import { Response, type ResponseSource } from '../sdk/response.js';
import { expose } from './expose.js';
import { native, type AnswerCallback } from './native.js';
import { state } from './state.js';
import { filled } from './variables.js';

type Callback = (error: Error | null, response?: Response) => void;

/** Makes a response of what the engine answers; null where nothing was to be sent. */
export function answering(
  resolve: (response: Response | null) => void,
  reject: (error: Error) => void,
): AnswerCallback {
  return (error, status, statusText, headerBlock, text, timeMs, bytes, buffer) => {
    if (error !== null) {
      reject(new Error(error));
      return;
    }
    if (status === undefined) {
      resolve(null);
      return;
    }
    const facts: ResponseSource = {
      code: () => status,
      status: () => statusText,
      headers: () => new HeaderList(parseHeaderLines(headerBlock)),
      text: () => text,
      json: () => native.parseJson(text),
      bytes: () => buffer,
      timeMs: () => timeMs,
      bodyBytes: () => bytes,
    };
    resolve(new Response(facts));
  };
}

function send(source: unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (!source) {
      reject(new Error('sendrequest: nothing to request'));
      return;
    }
    const request = source instanceof Request ? source : new Request(source);
    const wire = request.toWire();
    native.sendRequest(
      wire.method,
      filled(wire.url),
      wire.headers.map(filled),
      typeof wire.body === 'string' ? filled(wire.body) : wire.body,
      // It was sent, so there is a response or an error.
      answering((response) => resolve(response!), reject),
    );
  });
}

export const sendRequest = expose(function sendRequest(request: unknown, callback?: unknown): unknown {
  const sent = send(request);
  if (typeof callback !== 'function') return sent;
  const { pm } = state;
  const call = callback as Callback;
  // A callback that throws is an uncaught error of the script, not a second call of the callback.
  sent.then(
    (response) => call.call(pm, null, response),
    (error: Error) => call.call(pm, error),
  );
  return pm;
});
