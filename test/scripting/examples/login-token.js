var jsonData = JSON.parse(responseBody);
tests["Status code is 200"] = responseCode.code === 200;
tests["Token is there"] = jsonData.token !== undefined;
postman.setEnvironmentVariable("token", jsonData.token);
postman.setGlobalVariable("user_id", jsonData.user.id);
