// Runs on every response of the demo.
pm.test('status is 200', function () {
  pm.response.to.have.status(200);
});

pm.test('answers JSON with ok: true', function () {
  pm.expect(pm.response.json()).to.have.property('ok', true);
});
