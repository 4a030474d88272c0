// Writes a copy of quickjs.c whose native loops poll the interrupt handler.
// usage: node scripts/steps/poll-quickjs.mjs <quickjs.c> <copy>
//
// QuickJS polls between bytecodes and in regular expressions only. Its array functions over giant sparse arrays (`Array(4e9).indexOf(1)`)
// and its string searches, quadratic at worst, would run for minutes past a script's time limit. The copy polls in the four functions by
// which native loops reach elements, in `join`, and in the three loops that compare strings, where a comparison counts by its length.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Pairs of a text that occurs in quickjs.c (2025-04-26) and what takes its place. */
const edits = [
  [
    `    int present;

    if (likely((uint64_t)idx <= JS_ATOM_MAX_INT)) {`,
    `    int present;

    if (js_poll_interrupts(ctx)) {
        *pval = JS_UNDEFINED;
        return -1;
    }
    if (likely((uint64_t)idx <= JS_ATOM_MAX_INT)) {`,
  ],
  [
    `static JSValue JS_GetPropertyInt64(JSContext *ctx, JSValueConst obj, int64_t idx)
{
    JSAtom prop;
    JSValue val;
`,
    `static JSValue JS_GetPropertyInt64(JSContext *ctx, JSValueConst obj, int64_t idx)
{
    JSAtom prop;
    JSValue val;

    if (js_poll_interrupts(ctx))
        return JS_EXCEPTION;
`,
  ],
  [
    `                        int64_t idx, JSValue val)
{
    JSAtom prop;
    int res;
`,
    `                        int64_t idx, JSValue val)
{
    JSAtom prop;
    int res;

    if (js_poll_interrupts(ctx)) {
        JS_FreeValue(ctx, val);
        return -1;
    }
`,
  ],
  [
    `int JS_DeletePropertyInt64(JSContext *ctx, JSValueConst obj, int64_t idx, int flags)
{
    JSAtom prop;
    int res;
`,
    `int JS_DeletePropertyInt64(JSContext *ctx, JSValueConst obj, int64_t idx, int flags)
{
    JSAtom prop;
    int res;

    if (js_poll_interrupts(ctx))
        return -1;
`,
  ],
  [
    `        el = JS_GetPropertyUint32(ctx, obj, i);
        if (JS_IsException(el))
            goto fail;`,
    `        if (js_poll_interrupts(ctx))
            goto fail;
        el = JS_GetPropertyUint32(ctx, obj, i);
        if (JS_IsException(el))
            goto fail;`,
  ],
  [
    `            if (!string_cmp(p, p1, i, 0, v_len)) {`,
    `            if ((ctx->interrupt_counter -= v_len >> 4) <= 0 && __js_poll_interrupts(ctx))
                goto fail;
            if (!string_cmp(p, p1, i, 0, v_len)) {`,
  ],
  [
    `static int string_indexof(JSString *p1, JSString *p2, int from)`,
    `static int string_indexof(JSContext *ctx, JSString *p1, JSString *p2, int from)`,
  ],
  [
    `        if (!string_cmp(p1, p2, j + 1, 1, len2 - 1))`,
    `        if ((ctx->interrupt_counter -= len2 >> 4) <= 0 && __js_poll_interrupts(ctx))
            return -2;
        if (!string_cmp(p1, p2, j + 1, 1, len2 - 1))`,
  ],
  [
    `            pos = string_indexof(sp, searchp, endOfLastMatch);`,
    `            pos = string_indexof(ctx, sp, searchp, endOfLastMatch);
            if (pos < -1)
                goto exception;`,
  ],
  [
    `        e = string_indexof(sp, rp, q);`,
    `        e = string_indexof(ctx, sp, rp, q);
        if (e < -1)
            goto exception;`,
  ],
];

const [source, copy] = process.argv.slice(2);
if (source === undefined || copy === undefined) {
  console.error('usage: poll-quickjs.mjs <quickjs.c> <copy>');
  process.exit(2);
}
let code = readFileSync(source, 'utf8');
const missing = edits.filter(([known]) => !code.includes(known));
if (missing.length > 0) {
  // All or nothing: the edits refer to one another.
  console.warn(
    `warning: ${source} is not the release that is known here; its native loops are not interrupted by a script's time limit`,
  );
} else {
  for (const [known, replacement] of edits) code = code.replaceAll(known, () => replacement);
}
mkdirSync(path.dirname(copy), { recursive: true });
writeFileSync(copy, code);
