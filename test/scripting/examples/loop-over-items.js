jsonData = pm.response.json();
pm.test("There are items", () => {
    pm.expect(jsonData.items).to.be.an('array').that.is.not.empty;
    pm.expect(jsonData.items).to.have.lengthOf(3);
});
for (var i = 0; i < jsonData.items.length; i++) {
    const item = jsonData.items[i];
    pm.test("Item " + item.id + " has a price", function () {
        pm.expect(item).to.have.property('price');
        pm.expect(item.price).to.be.a('number').and.to.be.above(0);
    });
}
pm.collectionVariables.set("firstItem", jsonData.items[0].id);
