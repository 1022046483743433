package main
import ("context";"fmt";"os";"time";"plimsoll/lab")
func main(){
 ctx:=context.Background()
 t:=time.Now()
 img,err:=lab.BuildImage(ctx,"/work/main/build/lab",os.Stdout)
 fmt.Println(img,err,time.Since(t)); if err!=nil {return}
 os.MkdirAll("/tmp/t/m/share",0755)
 t=time.Now()
 m,err:=lab.Start(ctx,img,"/tmp/t/guest",lab.Boot{RootOnDM:true,Shell:true},"/tmp/t/m","/tmp/t/m/share",os.Stdout)
 fmt.Println(err,time.Since(t)); if err!=nil {return}
 defer m.Stop()
 for _,c:=range os.Args[1:]{ t=time.Now(); fmt.Println(c); o,err:=m.Run(ctx,c); fmt.Printf("%s%s %d %v %v\n",o.Out,o.Err,o.Code,err,time.Since(t))}
}
