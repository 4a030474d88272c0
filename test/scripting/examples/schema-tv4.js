const schema = {
    "type": "object",
    "required": ["token", "user", "items"],
    "properties": {
        "token": { "type": "string" },
        "user": { "type": "object", "required": ["id", "email"] },
        "items": { "type": "array", "items": { "type": "object", "required": ["id"] } }
    }
};
pm.test('Schema is valid', function () {
    var jsonData = pm.response.json();
    pm.expect(tv4.validate(jsonData, schema), JSON.stringify(tv4.error)).to.be.true;
});
pm.test('Schema is valid, as ajv sees it', () => pm.response.to.have.jsonSchema(schema));
