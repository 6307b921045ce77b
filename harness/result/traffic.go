package result

// Traffic is bytes or messages by direction.
type Traffic struct {
	ClientToServer int64 `json:"client_to_server"`
	ServerToClient int64 `json:"server_to_client"`
}

// Over is the traffic in multiples of the unit.
func (t Traffic) Over(unit float64) TrafficFactor {
	return TrafficFactor{float64(t.ClientToServer) / unit, float64(t.ServerToClient) / unit}
}

// TrafficFactor is bytes by direction in multiples of the value's size.
type TrafficFactor struct {
	ClientToServer float64 `json:"client_to_server"`
	ServerToClient float64 `json:"server_to_client"`
}

// Over is the factor in multiples of the unit.
func (f TrafficFactor) Over(unit float64) TrafficFactor {
	return TrafficFactor{f.ClientToServer / unit, f.ServerToClient / unit}
}

// Times is the factor, x times.
func (f TrafficFactor) Times(x float64) TrafficFactor {
	return TrafficFactor{f.ClientToServer * x, f.ServerToClient * x}
}

// Add adds o.
func (f *TrafficFactor) Add(o TrafficFactor) {
	f.ClientToServer += o.ClientToServer
	f.ServerToClient += o.ServerToClient
}
