// `require('uuid')`: version 4 ids by the engine's generator. Callable itself, as the package once was.
const v4 = () => __native.dynamicValue('$guid');

module.exports = Object.assign(() => v4(), {
  v4,
  NIL: '00000000-0000-0000-0000-000000000000',
  validate: (text) =>
    typeof text === 'string' && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text),
});
