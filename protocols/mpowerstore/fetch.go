package mpowerstore

import "github.com/powbench/powbench/protocols"

// fetch replies with the fragment of Hist[ts]: whoever knows the timestamp may have it.
func (v view) fetch(ts protocols.Timestamp) (protocols.Message, []protocols.Record, error) {
	_, fragment, err := v.hist(ts, false)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	return protocols.Message{Body: &FetchAck{}, Payload: fragment}, nil, nil
}
