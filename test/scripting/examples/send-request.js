pm.sendRequest({
    url: pm.variables.get('base') + '/login',
    method: 'POST',
    header: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: { mode: 'urlencoded', urlencoded: [{ key: 'user name', value: 'a&b=ä' }] }
}, function (err, res) {
    pm.test('the token could be fetched', function () {
        pm.expect(err).to.equal(null);
        pm.expect(res).to.have.property('code', 200);
        pm.expect(res.json().received).to.eql('user%20name=a%26b%3D%C3%A4');
    });
    pm.environment.set('token', res.json().token);
});
