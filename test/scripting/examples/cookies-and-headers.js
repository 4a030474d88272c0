pm.test("Session cookie is set", () => {
    pm.expect(pm.cookies.has('sid')).to.be.true;
    pm.expect(pm.cookies.get('sid')).to.eql('abc');
});
pm.test("Rate limit headers", () => {
    pm.expect(+pm.response.headers.get('X-RateLimit-Limit')).to.equal(100);
    pm.expect(postman.getResponseHeader('x-ratelimit-limit')).to.eql('100');
});
if (pm.info.iteration === 0) console.log('first', pm.info.requestName);
