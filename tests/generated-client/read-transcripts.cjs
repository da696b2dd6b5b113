// read-transcripts.cjs CLIENT TRANSCRIPTS
const fs = require("fs");
const { Convert } = require(process.argv[2]);

let count = 0;
for (const line of fs.readFileSync(process.argv[3], "utf8").trim().split("\n")) {
    const transcript = JSON.parse(line);
    const request = JSON.parse(transcript.send);
    const answer = JSON.parse(transcript.recv[0] ?? "{}");
    if (!("return" in answer))
        continue;
    const exchange = { [request.execute]: { arguments: request.arguments ?? {}, return: answer.return } };
    const read = Convert.toGuestAgent(JSON.stringify(exchange));
    if (read[request.execute] === undefined)
        throw new Error(`the client does not know ${request.execute}`);
    count++;
}
console.log(count);
