const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
pm.test('async test', async function () {
    await wait(2);
    pm.expect(pm.response.json().user.email).to.match(/@example\.com$/);
});
pm.test('done test', function (done) {
    setTimeout(() => {
        pm.expect(true).to.be.true;
        done();
    }, 1);
});
await wait(1);
pm.environment.unset('token');
pm.test.skip('not now', () => { throw new Error('not called'); });
postman.setNextRequest(null);
