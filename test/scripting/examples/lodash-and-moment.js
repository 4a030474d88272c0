const _ = require('lodash');
const moment = require('moment');
const body = pm.response.json();
const byName = _.keyBy(body.items, 'name');
pm.test('pick by name', () => {
    pm.expect(_.get(byName, 'pen.price')).to.eql(1.5);
    pm.expect(_.sumBy(body.items, 'price')).to.be.closeTo(14.5, 0.001);
});
pm.test('created is a date in the past', () => {
    pm.expect(moment(body.created).isValid()).to.eql(true);
    pm.expect(moment(body.created).isBefore(moment())).to.be.true;
    pm.expect(moment.utc(body.created).format('YYYY-MM-DD')).to.equal('2020-02-29');
});
