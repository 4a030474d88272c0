// `xml2Json(text)`: xml2js with the options that Postman gives it.
const { parseString } = require('xml2js');

module.exports = function xml2Json(text) {
  let json = {};
  parseString(
    text,
    { explicitArray: false, async: false, trim: true, mergeAttrs: false },
    (_error, result) => {
      json = result;
    },
  );
  return json;
};
