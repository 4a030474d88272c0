pm.test('The signature was sent', () => {
    const echo = pm.response.json().headers;
    pm.expect(echo['x-signature']).to.match(/^[0-9a-f]{64}$/);
    pm.expect(Number(echo['x-timestamp'])).to.be.at.most(Date.now() / 1000);
});
