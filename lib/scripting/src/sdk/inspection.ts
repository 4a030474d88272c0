/** How chai's messages show an object of this library: as they show Postman's, which has `members` properties of its own. */

type Class = { prototype: object };

export function describeToChai(type: Class, name: string, members: number): void {
  Object.defineProperty(type, 'name', { value: name, configurable: true });
  Object.defineProperty(type.prototype, Symbol.for('chai/inspect'), {
    value: () => `${name}{ \u2026(${members}) }`,
    configurable: true,
  });
}
