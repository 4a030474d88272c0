// The dynamic variables of Postman's own collection library: name without `$` → generator, and the seed of their randomness.
const faker = require('@faker-js/faker/locale/en');
const generators = require('postman-collection/lib/superstring/dynamic-variables');

module.exports = {
  generators: Object.fromEntries(
    Object.entries(generators).map(([name, { generator }]) => [name.slice(1), generator]),
  ),
  seed: (value) => faker.seed(value),
};
