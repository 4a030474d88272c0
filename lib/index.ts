/** The library: `import { Engine } from 'vayu-engine'`. */
export { openData } from './engine/data.js';
export { Engine } from './engine/engine.js';
export * from './engine/types.js';
export { VayuError } from './model/errors.js';
