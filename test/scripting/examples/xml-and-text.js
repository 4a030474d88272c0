pm.test("Body matches string", function () {
    pm.expect(pm.response.text()).to.include("<note id=");
});
const jsonObject = xml2Json(responseBody);
pm.test("XML becomes JSON", () => {
    pm.expect(jsonObject.note.to).to.eql('Tove');
    pm.expect(jsonObject.note.$.id).to.eql('7');
});
const $ = cheerio.load(pm.response.text(), { xmlMode: true });
pm.test("cheerio reads it", () => pm.expect($('note > from').text()).to.equal('Jani'));
