// The dynamic variables of Postman's own collection library: name without `$` → generator.
const generators = require('postman-collection/lib/superstring/dynamic-variables');

module.exports = Object.fromEntries(
  Object.entries(generators).map(([name, { generator }]) => [name.slice(1), generator]),
);
