pm.test("Status code is 200", function () {
    pm.response.to.have.status(200);
});
pm.test("Response time is less than 5000ms", function () {
    pm.expect(pm.response.responseTime).to.be.below(5000);
});
pm.test("Content-Type is present", function () {
    pm.response.to.have.header("Content-Type");
    pm.expect(pm.response.headers.get("Content-Type")).to.include("application/json");
});
pm.test("Successful request", function () {
    pm.expect(pm.response.code).to.be.oneOf([200, 201, 202]);
    pm.response.to.be.ok;
    pm.response.to.be.json;
});
